"""Takes out of a text what is nobody's business: paths, names of files, of the person and of the computer.

When in doubt it takes out more: where a path without quotation marks ends cannot be told, so the rest of its
line goes, too. What is left must still help to find a fault: places in code, numbers, kinds of errors.
"""

import re
from collections.abc import Iterable

FILE, NAME, USER, HOST, ADDRESS = "[file]", "[name]", "[user]", "[computer]", "[address]"
LEFT_OUT = "[a line was left out]"

_ENDINGS = (
    "png apng jpg jpeg jpe jfif webp avif gif bmp dib tif tiff ppm pgm pbm pnm ico heic heif jp2 psd svg raw"
    " dng cr2 nef arw exr hdr tga mp4 mov avi mkv pdf zip rar 7z tar gz vae npy npz safetensors sqlite jsonl"
    " json ini csv txt log doc docx xls xlsx odt rtf html htm xml"
)
_ENDING = rf"\.(?:{'|'.join(_ENDINGS.split())})(?:\.lock|\.part)?(?![\w])"
_CODE_FILE = re.compile(r'^(\s*(?:\^\s*)?File )"(.+?)"(,? line \d+.*)$')
_CODE_WARNING = re.compile(r"^.*?(\S*?[/\\].*?\.py)(:\d+: \w+.*)$")
_OURS = re.compile(r"(?:^|[/\\])((?:training|vae_desktop)[/\\]\w+\.py)$")
_PACKAGES = re.compile(r".*(?:site-packages|dist-packages|python3\.\d+|_internal)[/\\]([\w./\\-]+)$")
_RELATIVE_CODE = re.compile(r"<[\w. ]+>|\w[\w/\\]*\.py")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://\S*", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>'\"(]+@[\w-]+(?:\.[\w-]+)+")
_NUMBERS = re.compile(
    r"\b(?:\d{1,3}\.){3}\d{1,3}\b|(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}\b", re.IGNORECASE
)
_QUOTED = re.compile(
    r"“[^”]*”?|‘[^’]*’|«[^»]*»?|`[^`]*`"
    r'|(?<!\w)"(?:[^"\\]|\\.|"(?=\w))*"(?!\w)'
    r"|(?<!\w)[burf]?'(?:[^'\\]|\\.|'(?=\w))*'(?!\w)"
)
_PATH = re.compile(
    r"(?<![\w/\\])(?:file:|[A-Za-z]:[\\/]|\\\\\S|//\S|~\w*[\\/]|\.{1,2}[\\/]|/(?=[^\s/]))"
    r"(?!(?:tensorflow|external|xla|third_party)/).*$"
)
_RELATIVE = re.compile(
    r"[^\s\\/]*\\[^\s].*$|(?<!\S)(?!(?:tensorflow|external|xla|third_party)/)[^\s/]+/[^\s/]+/\S*"
)
_NAMED_FILE = re.compile(rf"^((?:[A-Za-z_][\w.]*: )?).*(?<=\S){_ENDING}", re.IGNORECASE)
_INSIDE = re.compile(rf"[\\/]|{_ENDING}|\s|[^\x00-\x7f]", re.IGNORECASE)
_WORD = re.compile(r"[\w.:<>+=%-]{0,60}", re.ASCII)
_ARGUMENTS = re.compile(r"(?<=; arguments: ).*$")
_PROSE = re.compile(
    r"^(?:\s+\S|Traceback \(|During handling of|The above exception was|Fatal Python error: |Current thread |"
    r"Thread 0x|Extension modules: |[A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit)\b|\s*$)"
)
_LETTERS = re.compile(r"\w+")
_SHORTEST_NAME = 3


class Redactor:
    """Takes out what can be told apart, and what is known.

    Args:
        user, host: the person's and the computer's name; '' where they are not known.
        names: what the person's folders, files and projects are called.
    """

    def __init__(self, user: str = "", host: str = "", names: Iterable[str] = ()) -> None:
        self._persons = [(user, USER), (host, HOST), (host.partition(".")[0], HOST)]
        self._words: set[str] = set()
        self._phrases: dict[str, list[str]] = {}  # names of several words, by the first of these
        for name in {name.strip().casefold() for name in names}:
            first = _LETTERS.search(name)
            if len(name) >= _SHORTEST_NAME and first is not None:
                if first[0] == name:
                    self._words.add(name)
                else:
                    self._phrases.setdefault(first[0], []).append(name)

    def line(self, text: str) -> str:
        """A line of a message, without what is nobody's business."""
        code = _CODE_FILE.match(text)
        if code is not None:
            return f'{code[1]}"{_in_code(code[2])}"{code[3]}'
        warned = _CODE_WARNING.match(text)
        if warned is not None:
            return f"{_in_code(warned[1])}{self.line(warned[2])}"
        text = _ARGUMENTS.sub(_options, text)
        for pattern in (_URL, _MAIL, _NUMBERS):
            text = pattern.sub(ADDRESS, text)
        text = _QUOTED.sub(_unquoted, self._without_known(text))
        text = _PATH.sub(FILE, text)
        text = _NAMED_FILE.sub(rf"\1{FILE}", text)
        return _RELATIVE.sub(FILE, text)

    def further_line(self, text: str) -> str:
        """A line that goes on with what the one before began: all but what tracebacks consist of is left out.

        It may be the rest of a file name with a line break in it.
        """
        return self.line(text) if _PROSE.match(text) else LEFT_OUT

    def _without_known(self, text: str) -> str:
        for name, instead in self._persons:
            if name:
                text = _whole(name).sub(instead, text)
        firsts = {word.casefold() for word in _LETTERS.findall(text)}
        phrases = [phrase for first in firsts for phrase in self._phrases.get(first, ())]
        for phrase in sorted(phrases, key=len, reverse=True):  # a long one may hold a short one
            text = _whole(phrase).sub(NAME, text)
        return _LETTERS.sub(lambda word: NAME if word[0].casefold() in self._words else word[0], text)


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


def _in_code(path: str) -> str:
    """Of the path of a module, what is the same on every computer."""
    if _RELATIVE_CODE.fullmatch(path):
        return path
    found = _PACKAGES.search(path) or _OURS.search(path)
    return found[1].replace("\\", "/") if found is not None else FILE


def _options(arguments: re.Match[str]) -> str:
    """Of a command line, the options without their values."""
    given = (argument.partition("=")[0] for argument in arguments[0].split())
    return " ".join(argument for argument in given if re.fullmatch(r"--[a-z-]+", argument)) or "none of note"


def _unquoted(quoted: re.Match[str]) -> str:
    """What stands in quotation marks, if it can only be a word of the program."""
    marks, inner = quoted[0][0], quoted[0].lstrip("burf")[1:-1]
    if marks in "“‘«" or _INSIDE.search(inner) or not _WORD.fullmatch(inner):
        return NAME
    return quoted[0]
