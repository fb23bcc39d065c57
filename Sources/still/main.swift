print("still")
