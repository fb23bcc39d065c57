import threading
print("here", threading.active_count())
