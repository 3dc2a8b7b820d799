"""Screenshots of a terminal with an error on its last line, and what one asks of them."""

import re
from dataclasses import dataclass

from numpy.random import Generator
from PIL import Image, ImageDraw

from duologue.training.synthesize.canvas import (
    Asked,
    Colour,
    PictureQuestion,
    Pixels,
    font,
    picture_with,
    pixels,
)
from duologue.training.synthesize.phrasing import choose, choose_by_share, phrasing, sentence, ways, words
from duologue.training.synthesize.spoken import spoken

SIZE = (336, 96)  # 21 x 6 patches: six lines of 45 characters


@dataclass(frozen=True, slots=True)
class Failure:
    """An error: the screen's lines with slots, what went wrong, how to mend it, and the telling words."""

    name: str
    lines: tuple[str, ...]
    problem: str
    problem_key: str
    fix: str
    fix_key: str


def _failures(text: str) -> tuple[Failure, ...]:
    """Read blocks: name; screen lines after ">"; "? problem | key"; "! fix | key"."""
    found = []
    for block in text.strip().split("\n\n"):
        name, *rest = block.splitlines()
        shown = tuple(line[2:] for line in rest if line.startswith("> "))
        (problem, problem_key), (fix, fix_key) = (
            (cell.strip() for cell in line[2:].split("|", 1)) for line in rest if line[:2] in ("? ", "! ")
        )
        found.append(Failure(name, shown, problem, problem_key, fix, fix_key))
    return tuple(found)


FAILURES = _failures("""
not_found
> $ {tool} --version
> bash: {tool}: command not found
? The command was not found. | not found
! Install {tool} first. | install

permission
> $ ./{script}
> bash: ./{script}: Permission denied
? Permission was denied. | permission
! Make the file executable. | executable

no_file
> $ cat {file}
> cat: {file}: No such file or directory
? The file does not exist. | not exist
! Check the name of the file. | check the name

no_folder
> $ cd {folder}
> bash: cd: {folder}: No such file or directory
? The folder does not exist. | not exist
! Check the name of the folder. | check the name

module
> $ python {script_py}
>   import {module}
> ModuleNotFoundError: No module named '{module}'
? A Python module is missing. | module
! Install {module} with pip. | install

syntax
> $ python {script_py}
>     if x == 1
> SyntaxError: expected ':'
? There is a syntax error. | syntax
! Add the missing colon. | colon

indent
> $ python {script_py}
>     print(x)
> IndentationError: unexpected indent
? The indentation is wrong. | indent|indentation
! Fix the spaces at the line's start. | spaces

name
> $ python {script_py}
>     print({variable})
> NameError: name '{variable}' is not defined
? A name is not defined. | not defined
! Define the name before using it. | define

zero
> $ python {script_py}
>     mean = total / count
> ZeroDivisionError: division by zero
? It divides by zero. | by zero
! Check that the count is not zero. | not zero

index
> $ python {script_py}
>     last = items[9]
> IndexError: list index out of range
? The list index is too large. | index
! Use a smaller index. | smaller index

key
> $ python {script_py}
>     row = table['{variable}']
> KeyError: '{variable}'
? The key is missing. | key
! Check that the key exists. | key exists

type
> $ python {script_py}
>     print('a' + 1)
> TypeError: unsupported operand type(s) for +
? The types do not match. | types
! Turn the number into a string. | string

attribute
> $ python {script_py}
>     x.appendd(1)
> AttributeError: no attribute 'appendd'
? The attribute does not exist. | attribute
! Check the spelling of the name. | spelling

value
> $ python {script_py}
>     int('abc')
> ValueError: invalid literal for int()
? The text is not a number. | not a number
! Pass a number instead. | number

memory
> $ ./{script}
> MemoryError: cannot allocate memory
? The memory is full. | memory
! Use less data at once. | less data

port
> $ python -m http.server {port}
> OSError: [Errno 98] Address already in use
? The port is already in use. | in use
! Choose another port. | another port

disk
> $ cp {file} /data
> cp: write error: No space left on device
? The disk is full. | full
! Delete some files. | delete

conflict
> $ git merge {branch}
> CONFLICT (content): Merge conflict in {source}
> Automatic merge failed; fix conflicts
? There is a merge conflict. | conflict
! Fix the conflicts and commit. | conflicts and commit

push
> $ git push
>  ! [rejected]  main -> main (fetch first)
> error: failed to push some refs
? The push was rejected. | rejected
! Pull first, then push again. | pull

no_repo
> $ git status
> fatal: not a git repository
? This is not a git repository. | not a git
! Run git init first. | git init

host
> $ ping {host}
> ping: {host}: Name or service not known
? The host name is not known. | not known
! Check the name of the host. | check the name

refused
> $ curl localhost:{port}
> curl: (7) Connection refused
? The connection was refused. | refused
! Start the server first. | start the server

timeout
> $ ssh {host}
> ssh: connect to host {host}: timed out
? The connection timed out. | timed out
! Check the network. | network

sudo
> $ apt install {tool}
> E: Unable to lock, are you root?
? It needs root rights. | root
! Run it with sudo. | sudo

exists
> $ mkdir {folder}
> mkdir: {folder}: File exists
? The folder already exists. | exists
! Choose another name. | another name

make
> $ make {target}
> make: *** No rule to make target '{target}'
? There is no such make target. | target
! Check the name of the target. | check the name

npm
> $ npm start
> npm error Missing script: "start"
? The start script is missing. | missing
! Add a start script. | add a start script

segfault
> $ ./{script}
> Segmentation fault (core dumped)
? The program crashed. | crashed
! Run it in a debugger. | debugger
""")

_SLOTS = {
    name: words(values)
    for name, values in (
        ("tool", "git node cargo docker ffmpeg tree jq vim wget htop"),
        ("script", "run.sh build.sh start.sh test.sh deploy.sh"),
        ("script_py", "main.py app.py train.py report.py game.py"),
        ("file", "notes.txt data.csv readme.md list.txt photo.png"),
        ("folder", "photos music work backup reports"),
        ("module", "numpy pandas flask torch yaml"),
        ("variable", "total name price color result"),
        ("source", "app.py main.py game.py"),
        ("port", "8000 8080 3000 5000"),
        ("branch", "feature develop fix release"),
        ("host", "server example.org printer backup"),
        ("target", "install clean docs check"),
    )
}
_BEFORE = ways(
    """$ ls | $ pwd | $ cd ~/work | $ git pull | Already up to date. | $ whoami | user | $ date | $ clear
    | $ echo done | done | $ make build | build finished | $ cd .."""
)

# background, text, the error's colour, the face
THEMES: tuple[tuple[Colour, Colour, Colour, str], ...] = (
    ((18, 18, 18), (225, 225, 225), (255, 110, 110), "DejaVuSansMono"),
    ((255, 255, 255), (25, 25, 25), (190, 20, 20), "DejaVuSansMono"),
    ((0, 43, 54), (200, 215, 215), (240, 140, 80), "DejaVuSansMono"),
    ((40, 12, 36), (240, 240, 240), (240, 240, 240), "DejaVuSansMono"),
    ((0, 0, 0), (110, 255, 120), (110, 255, 120), "DejaVuSansMono-Bold"),
    ((246, 242, 228), (70, 60, 50), (150, 30, 30), "DejaVuSansMono"),
)
THEMES_UNSEEN: tuple[tuple[Colour, Colour, Colour, str], ...] = (
    ((30, 30, 46), (205, 214, 244), (243, 139, 168), "DejaVuSansMono"),
    ((225, 235, 245), (20, 40, 70), (20, 40, 70), "DejaVuSansMono-Bold"),
)


def screenshot(rng: Generator, lines: tuple[str, ...], error: int, split: str = "train") -> Pixels:
    """Draw the lines as a terminal shows them, (96, 336, 3); line number `error` has the error's colour."""
    background, ink, red, face = choose(rng, THEMES_UNSEEN if split == "unseen_style" else THEMES)
    image = Image.new("RGB", SIZE, background)
    draw = ImageDraw.Draw(image)
    letters, x, y = font(face, 12), int(rng.integers(3, 9)), int(rng.integers(2, 5))
    for number, line in enumerate(lines):
        draw.text((x, y + 15 * number), line, red if number >= error else ink, letters)
    return pixels(image, smooth=1)  # drawn at its own size: small letters stay sharp


READ_LAST = phrasing(
    "read_last",
    """Read the last line. | What does the last line say? | Please read me the last line. || Tell me what
    the last line says.""",
)
WRONG = phrasing(
    "wrong",
    """What went wrong? | What is the error? | What happened here? | Why did it fail? | What does this
    error mean? || Can you explain this error?""",
)
FIX = phrasing(
    "fix",
    """How do I fix it? | What should I do? | How do I solve this? | What can I do about this? || Tell me
    how to fix this.""",
)
COMMAND = phrasing(
    "command",
    "Which command failed? | What command did I run? || Tell me which command failed.",
)


def longest_lines() -> tuple[str, ...]:
    """Return every error line with its longest slots."""
    slots = {name: max(values, key=len) for name, values in _SLOTS.items()}
    return tuple(line.format(**slots) for failure in FAILURES for line in failure.lines)


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal after a failure: its lines, the failed command at line `start`, and the failure's words."""

    lines: tuple[str, ...]
    start: int
    failure: Failure


def screen(rng: Generator) -> Screen:
    """Make a terminal with one failure at the end."""
    failure = choose(rng, FAILURES)
    slots = {name: choose(rng, values) for name, values in _SLOTS.items()}
    lines = tuple(line.format(**slots) for line in failure.lines)
    before = tuple(choose(rng, _BEFORE) for _ in range(int(rng.integers(0, 6 - len(lines) + 1))))
    texts = {name: getattr(failure, name).format(**slots) for name in Failure.__slots__ if name != "lines"}
    return Screen(before + lines, len(before), Failure(lines=failure.lines, **texts))


def _literal(question: str, template: str, line: str) -> Asked:
    said = screen_words(line)
    return Asked(question, template, f"{sentence(said)}.", f"{said}|{line}", line)


def ask_of_screen(rng: Generator, split: str, shown: Screen, what: str) -> Asked:
    """Ask to have the last "line" or the "command" read, what went "wrong" or how to "fix" it."""
    question, template = _ASKS[what].draw(rng, split)
    if what == "line":
        return _literal(question, template, shown.lines[-1])
    if what == "command":
        return _literal(question, template, shown.lines[shown.start].removeprefix("$ "))
    text, key = (
        (shown.failure.problem, shown.failure.problem_key)
        if what == "wrong"
        else (shown.failure.fix, shown.failure.fix_key)
    )
    return Asked(question, template, f"{sentence(screen_words(text))}.", key)


_ASKS = {"line": READ_LAST, "command": COMMAND, "wrong": WRONG, "fix": FIX}
_SHARES = {"line": 0.25, "command": 0.1, "wrong": 0.35, "fix": 0.3}


def screen_question(rng: Generator, split: str = "train") -> PictureQuestion:
    """Ask about a terminal's error: what it says, what it means, what to do."""
    shown = screen(rng)
    image = screenshot(rng, shown.lines, shown.start + 1, split)
    asked = ask_of_screen(rng, split, shown, choose_by_share(rng, _SHARES))
    return picture_with(image, "terminal", asked)


def screen_words(line: str) -> str:
    """Return a line of a terminal as one reads it aloud: its marks become words or fall away."""
    for mark, word in _READ_AS:
        line = line.replace(mark, word)
    line = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", line.rstrip("."))
    return " ".join(spoken(re.sub(r"[.:](?=\w)", lambda m: " dot " if m[0] == "." else " ", line)).split())


# In this order. "->" and "./" come before their parts.
_READ_AS = (
    ("':'", "colon"),
    ("->", " to "),
    ("(s)", "s"),
    ("./", " dot slash "),
    ("/", " slash "),
    (" -m ", " minus m "),
    ("--", " "),
    (";", ","),
    *((mark, " ") for mark in "[]()!*"),
    *((mark, "") for mark in "'\""),
)
