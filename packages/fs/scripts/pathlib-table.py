"""Writes what Python's pathlib says about a few hundred paths to test/data/pathlib.json.

    python3 scripts/pathlib-table.py > test/data/pathlib.json && npx prettier --write test/data/pathlib.json

Each case is [operation, path, arguments, result]; a result of {"error": true} stands for a ValueError. What differs
between versions of Python (two drives in one constructor, a name such as `c:` in a relative path) is left out.
"""

import json
import sys
from pathlib import PurePosixPath, PureWindowsPath

POSIX = [
    "", ".", "..", "/", "//", "///", "a", "a/", "a/b", "a//b", "a/./b", "./a", "a/.", "a/..", "../a", "a/../b", "/a", "/a/",
    "/a/b/c", "//a", "//a/b", "///a", "////a/b", "/..", "/./a", "/a/./b/.", "a b/c d", "file.txt", "file.tar.gz", ".hidden",
    ".hidden.txt", "file.", "file..", "..file", "a.b/c", "a/.b", "/a.b.c/d.e.f", "...", "..../x", "a\\b", "c:/a", "~", "~/x",
    "/usr/bin/python3.11", "some.tar.gz/", "x.tar.bz2.gpg", "a/b/..", "/a/../..", "\u00e9/\u6f22\u5b57.txt", "-n", "a:b", " ", "a/ /b",
]
WINDOWS = [
    "", ".", "..", "\\", "/", "a", "a\\", "a/b", "a\\b", "a\\\\b", "a\\.\\b", ".\\a", "a\\..\\b", "c:", "c:a", "c:a\\b", "c:\\",
    "c:/", "c:/a", "c:\\a\\b", "C:\\A\\B", "c:.", "c:..", "c:\\..", "c:/a/./b", "\\a", "/a/b", "\\\\server\\share",
    "\\\\server\\share\\", "//server/share/a", "//Server/Share/A/b.txt", "\\\\server\\share\\a\\..\\b",
    "\\\\?\\c:\\a", "\\\\?\\UNC\\server\\share\\a", "\\\\.\\device\\x", "file.txt", "c:file.tar.gz", ".hidden",
    "c:\\.hidden.txt", "z:\\a b\\c.d", "1:\\a", "cc:\\a", "c:/a.b.c/", "c:\\Program Files (x86)", "\\\\\\a", "c:\\\\a",
]
JOINS = {
    PurePosixPath: [
        ("a", ["b"]), ("a", ["b", "c"]), ("a", []), ("/a", ["b"]), ("a", ["/b"]), ("a", ["b", "/c", "d"]), ("", ["a"]), ("a", [""]),
        ("a", ["."]), ("a", [".."]), ("/", ["a"]), ("/", ["/"]), ("//", ["a"]), ("a", ["//b"]), ("//a", ["/b"]), ("a/", ["b/"]),
        ("a", ["b//c/./d"]), (".", ["."]), ("..", [".."]), ("/a", ["../b"]),
    ],
    PureWindowsPath: [
        ("a", ["b"]), ("c:", ["a"]), ("c:", ["/a"]), ("c:", ["/", "a"]), ("c:/a", ["b"]), ("c:/a", ["/b"]), ("c:/a", ["d:b"]), ("c:/a", ["d:/b"]),
        ("c:/a", ["c:b"]), ("c:/a", ["C:b"]), ("c:a", ["c:b"]), ("a", ["c:"]), ("a", ["c:b"]), ("/a", ["b"]), ("/a", ["c:/b"]),
        ("//s/t", ["a"]), ("//s/t/a", ["/b"]), ("//s/t/a", ["c:b"]), ("c:/a", ["//s/t/b"]), ("c:/a", ["..", "b"]), ("a", ["\\"]),
        ("//s/t", ["//S/T/a"]), ("c:/a", [""]), ("", ["c:/"]),
    ],
}
NAMES = ["x", "x.txt", "", ".", "..", "a/b", "/", "x/", ".y", "a.b.c", "x y"]
SUFFIXES = ["", ".", ".txt", ".tar.gz", "txt", "..", "./a", ".a/b", ".x y"]
NAMED = {
    PurePosixPath: ["a", "a/b.txt", "/", "", "..", "/a/b.tar.gz", ".hidden", "a."],
    PureWindowsPath: ["a", "c:/a.txt", "c:", "c:/", "//s/t", "c:a.tar.gz", ".hidden"],
}
RELATIVE = {
    PurePosixPath: [
        ("a/b", "a"), ("a/b", "a/"), ("a/b", ""), ("a/b", "a/b"), ("a/b", "a/b/c"), ("a/b", "b"), ("/a/b", "/"), ("/a/b", "/a"), ("/a/b", ""),
        ("/a/b", "a"), ("a/b", "/"), ("/a/b", "/A"), ("", ""), (".", "a"), ("/", "/"), ("//a", "/"), ("//a/b", "//a"), ("../a", ".."), ("a/../b", "a"),
        ("abc/d", "ab"), ("/a/b/c/d", "/a/b"),
    ],
    PureWindowsPath: [
        ("c:/a/b", "c:/a"), ("c:/a/b", "C:/A"), ("c:/a/b", "c:/"), ("c:/a/b", "c:"), ("c:/a/b", "/a"), ("c:/a/b", "d:/a"), ("c:a/b", "c:a"),
        ("c:a/b", "c:"), ("c:a/b", "a"), ("a/B", "A"), ("//s/t/a", "//s/t"), ("//s/t/a", "//S/T/A"), ("//s/t/a", "//s/u"), ("/a", "/"), ("/a", ""),
        ("c:/", "c:/"), ("c:", ""), ("a\\b\\c", "a/b"),
    ],
}
MATCHES = {
    PurePosixPath: [
        ("a.py", "*.py"), ("a.py", "a.*"), ("a.py", "*.PY"), ("b/a.py", "*.py"), ("b/a.py", "b/*.py"), ("c/b/a.py", "b/*.py"), ("b/a.py", "/*.py"),
        ("/a.py", "/*.py"), ("/b/a.py", "/*.py"), ("/b/a.py", "/b/*.py"), ("a.py", "*"), (".hidden", "*"), ("x/.hidden", "*"), ("a.py", "?.py"),
        ("ab.py", "?.py"), ("a.py", "[abc].py"), ("d.py", "[abc].py"), ("d.py", "[!abc].py"), ("a.py", "[!abc].py"), ("a1.py", "a[0-9].py"), ("a.py", "b/a.py"),
        ("b/a.py", "b/a.py"), ("/", "/"), ("a/b/c", "a/*/c"), ("a/b/c", "a/*"), ("a/b/c.txt", "b/*.txt"), ("a", ""), ("a", "."), ("a/b", "./b"),
        ("]", "[]]"), ("a-b", "a[-]b"), ("a", "a/"), ("a b.txt", "* *.txt"),
    ],
    PureWindowsPath: [
        ("a.py", "*.PY"), ("A.PY", "*.py"), ("c:/a.py", "*.py"), ("c:/a.py", "c:/*.py"), ("C:/a.py", "c:/*.py"), ("c:/a.py", "d:/*.py"), ("c:/b/a.py", "c:/*.py"),
        ("c:a.py", "c:*.py"), ("c:/a.py", "/*.py"), ("/a.py", "/*.py"), ("b\\a.py", "b/*.py"), ("//s/t/a.py", "//s/t/*.py"), ("//s/t/a.py", "//S/T/*.py"),
        ("c:/", "c:/"), ("a", ""),
    ],
}


def attempt(call):
    try:
        result = call()
    except ValueError:
        return {"error": True}
    return str(result) if isinstance(result, (PurePosixPath, PureWindowsPath)) else result


def url(path):
    """A URL object resolves `..` and folds the host, which text does not; those are left out."""
    if ".." in path.parts or path.drive.startswith("\\\\?") or path.drive != path.drive.lower() and len(path.drive) > 2:
        return None
    return attempt(path.as_uri)


def cases(cls, texts):
    for text in texts:
        path = cls(text)
        properties = {
            "text": str(path),
            "parts": list(path.parts),
            "drive": path.drive,
            "root": path.root,
            "anchor": path.anchor,
            "name": path.name,
            "stem": path.stem,
            "suffix": path.suffix,
            "suffixes": path.suffixes,
            "parent": str(path.parent),
            "parents": [str(parent) for parent in path.parents],
            "absolute": path.is_absolute(),
            "posix": path.as_posix(),
            "url": url(path),
        }
        yield ["properties", text, [], properties]
    for text, others in JOINS[cls]:
        yield ["join", text, others, attempt(lambda: cls(text).joinpath(*others))]
    for text in NAMED[cls]:
        for name in NAMES:
            yield ["withName", text, [name], attempt(lambda: cls(text).with_name(name))]
            yield ["withStem", text, [name], attempt(lambda: cls(text).with_stem(name))]
        for suffix in SUFFIXES:
            yield ["withSuffix", text, [suffix], attempt(lambda: cls(text).with_suffix(suffix))]
    for text, other in RELATIVE[cls]:
        yield ["relativeTo", text, [other], attempt(lambda: cls(text).relative_to(other))]
        yield ["isRelativeTo", text, [other], cls(text).is_relative_to(other)]
    for text, pattern in MATCHES[cls]:
        yield ["match", text, [pattern], attempt(lambda: cls(text).match(pattern))]
    for text in texts:
        for other in ("a", "A/b", "c:/a", "/a"):
            yield ["equals", text, [other], cls(text) == cls(other)]


table = {
    "python": ".".join(map(str, sys.version_info[:3])),
    "posix": list(cases(PurePosixPath, POSIX)),
    "windows": list(cases(PureWindowsPath, WINDOWS)),
}
print("{")
print(f' "python": "{table["python"]}",')
for i, flavour in enumerate(("posix", "windows")):
    print(f' "{flavour}": [')
    print(",\n".join("  " + json.dumps(case) for case in table[flavour]))
    print(" ]" + ("," if i == 0 else ""))
print("}")
