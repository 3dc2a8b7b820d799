"""Screenshots of a terminal with an error on its last line, and what one asks of them."""

import re
from dataclasses import dataclass

from numpy.random import Generator
from PIL import Image, ImageDraw

from duologue.training.synthesize.canvas import Colour, PictureQuestion, Pixels, font, pixels
from duologue.training.synthesize.phrasing import choose, phrasing, sentence, ways, words
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


def screen_question(rng: Generator, split: str = "train") -> PictureQuestion:
    """Ask about a terminal's error: what it says, what it means, what to do."""
    failure = choose(rng, FAILURES)
    slots = {name: choose(rng, values) for name, values in _SLOTS.items()}
    lines = tuple(line.format(**slots) for line in failure.lines)
    before = tuple(choose(rng, _BEFORE) for _ in range(int(rng.integers(0, 6 - len(lines) + 1))))
    image = screenshot(rng, before + lines, len(before) + 1, split)
    way = rng.random()
    if way < 0.25:
        question, template = READ_LAST.draw(rng, split)
        said = screen_words(lines[-1])
        return PictureQuestion(
            image,
            question,
            f"{sentence(said)}.",
            f"{said}|{lines[-1]}",
            "terminal",
            f"terminal.{template}",
            lines[-1],
        )
    if way < 0.35:
        question, template = COMMAND.draw(rng, split)
        command = lines[0].removeprefix("$ ")
        said = screen_words(command)
        return PictureQuestion(
            image,
            question,
            f"{sentence(said)}.",
            f"{said}|{command}",
            "terminal",
            f"terminal.{template}",
            command,
        )
    asked, answer, key = (
        (WRONG, failure.problem, failure.problem_key) if way < 0.7 else (FIX, failure.fix, failure.fix_key)
    )
    question, template = asked.draw(rng, split)
    answer = screen_words(answer.format(**slots)) + "."
    return PictureQuestion(
        image, question, sentence(answer), key.format(**slots), "terminal", f"terminal.{template}"
    )


def screen_words(line: str) -> str:
    """Return a line of a terminal as one reads it aloud: its marks become words or fall away."""
    line = (
        line.rstrip(".")
        .replace("':'", "colon")
        .replace("'", "")
        .replace('"', "")
        .replace("->", " to ")
        .replace("(s)", "s")
    )
    line = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", line)
    for mark, word in (
        ("./", "dot slash "),
        ("/", " slash "),
        ("[", " "),
        ("]", " "),
        ("(", " "),
        (")", " "),
        ("!", " "),
    ):
        line = line.replace(mark, word)
    line = line.replace("***", " ").replace("--", " ").replace(" -m ", " minus m ").replace(";", ",")
    words = " ".join(line.split())
    out = []
    for word in words.split():
        stem = word.rstrip(":,")
        out.append(stem.replace(".", " dot ").replace(":", " ") + word[len(stem) :])
    return " ".join(spoken(" ".join(out)).split())
