// Where the Python part of a standard library lies, and the names of its modules.
//
// Stillpoint brings the native modules; their Python side may come unmodified from an installed CPython. The folder is the last entry of
// sys.path. A module that the runtime has source of its own for is taken from there only when that source is a stand-in (ModuleTable.swift).
public import StillPlatform

public enum StandardLibrary {
    /// Environment variable that names the folder.
    public static let variable = "STILLPOINT_STDLIB"

    /// The folder to use: the one given, else the environment's, else an installed CPython's. nil when there is none.
    ///
    /// An empty name means that none is wanted.
    public static func locate(given: String? = nil) -> String? {
        if let named = given ?? Environment.get(variable) { return named.isEmpty ? nil : named }
        for version in ["3.11", "3.12", "3.13"] {
            for prefix in ["/usr/local/lib", "/usr/lib"] {
                let folder = "\(prefix)/python\(version)"
                if File.exists("\(folder)/_collections_abc.py") { return folder }
            }
        }
        return nil
    }

    /// Whether the folder holds a standard library.
    public static func isLibrary(_ folder: String) -> Bool { File.exists("\(folder)/_collections_abc.py") }

    /// What to say when a module of the library is not found and there is no library.
    public static func advice(_ name: String) -> String {
        let first = name.split(separator: ".").first.map(String.init) ?? name
        if !LibraryNames.all.contains(first) { return "" }
        return " (there is no standard library: give its folder with --stdlib or \(variable))"
    }
}

/// Names of the modules of a standard library that programs import.
public enum LibraryNames {
    public static let all: Set<String> = Set(text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init))
    private static let text = """
        __future__ _abc _ast _bisect _collections _collections_abc _functools _heapq _io _operator _random _sre _string _struct
        _thread _weakref abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 calendar cmath cmd code
        codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg cProfile csv
        ctypes curses dataclasses datetime dbm decimal difflib dis doctest email encodings enum errno faulthandler fcntl filecmp
        fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq
        hmac html http imaplib importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox
        marshal math mimetypes mmap modulefinder multiprocessing netrc ntpath numbers opcode operator optparse os pathlib pdb
        pickle pickletools pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc
        queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil
        signal site smtplib socket socketserver sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep
        struct subprocess symtable sys sysconfig syslog tabnanny tarfile tempfile termios textwrap this threading time timeit
        tkinter token tokenize tomllib trace traceback tracemalloc tty turtle types typing unicodedata unittest urllib uuid venv
        warnings wave weakref webbrowser wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
        """
}
