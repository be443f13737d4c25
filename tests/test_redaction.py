"""What a report of a problem must not tell: lines as logs have them, and worse ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_desktop.redaction import LEFT_OUT, Redactor

SECRETS = (
    "anna",
    "grandma",
    "holiday",
    "urlaub",
    "strand",
    "kiosk",
    "geheim",
    "cat",
    "großmutter",
    "日本",
    "server7",
)
REDACTOR = Redactor(
    user="anna.k",
    host="kiosk.example.org",
    names=["Grandma's birds", "IMG_2034", "Urlaub am Strand", "geheim-01", "großmutter", "x"],
)

HOSTILE = [
    "cannot list '/home/anna/Grandma holiday': Permission denied",
    "cannot list /home/anna/Grandma holiday/cat pictures: Permission denied",
    "[Errno 13] Permission denied: '/home/anna/it\\'s holiday/cat.png'",
    '[Errno 2] No such file or directory: "/home/anna/Anna\'s cat.png"',
    "don't know /home/anna/Anna's cat",
    "couldn't open Anna's holiday cat.png, isn't it",
    r"[WinError 5] Access is denied: 'C:\\Users\\anna\\holiday\\cat.png'",
    r"PermissionError: C:\Users\anna\My holiday\cat.png",
    r"OSError: \\server7\share of anna\holiday\cat 1.png is gone",
    r"OSError: '\\\\server7\\anna\\cat.png'",
    "//server7/anna/holiday",
    r"opened d:/anna/holiday and D:\anna\x",
    r"relative: holiday\cat\one",
    "relative: holiday/cat/one and ../anna/x",
    "~/holiday/cat",
    "~anna/holiday",
    "file:///home/anna/holiday%20cat.png",
    "https://anna:geheim@server7/holiday?cat=1 failed",
    "smb://server7/anna",
    "mail to anna.holiday@server7.example.org bounced",
    "The folder Urlaub am Strand is empty.",
    "The folder URLAUB AM STRAND is empty.",
    "Skipped my holiday cat photo.JPG because it is broken",
    "Skipped Großmutter am Strand.heic because it is broken",
    "“Holiday with the cat” was saved as holiday.vae",
    "the training of «Holiday» ended",
    "KeyError: 'holiday with cat'",
    "KeyError: '日本'",
    "ValueError: `cat holiday`",
    "user anna.k on kiosk.example.org, or KIOSK",
    "img_2034 and geheim-01 could not be read",
    "Saving Grandma's birds failed",
    "peer 192.168.178.23 and fe80:0:0:1:7",
    "VAE Desktop 1, Python 3.11.7, Linux; arguments: Holiday --sample cat --new-window --folder=/home/anna",
    '  File "/home/anna/projects/holiday/secret.py", line 3, in cat_x',
    "/home/anna/cat holiday/thing.py:12: UserWarning: reading '/home/anna/x'",
    "PIL.UnidentifiedImageError: cannot identify image file '/home/anna/Urlaub/cat.png'",
    "PIL.UnidentifiedImageError: cannot identify image file <_io.BufferedReader name='/home/anna/cat.png'>",
    "path=/home/anna/holiday,mode=r",
    "(/home/anna/holiday)",
    'unfinished "/home/anna/holiday',
    "\u202e/home/anna/holiday",
    "training: b'/home/anna/gro\\xc3\\x9fmutter'",
]


@pytest.mark.parametrize("line", HOSTILE)
def test_nothing_of_the_person_is_left(line):
    left = REDACTOR.line(line).casefold()
    said = left.replace("cat_x", "")  # the name of a function is code
    for secret in SECRETS:
        assert secret not in said, left


KEPT = [
    ("cannot list '/home/anna/x': Permission denied", "Permission denied"),
    (
        "OSError: [Errno 28] No space left on device: '/home/anna/x.npy'",
        "OSError: [Errno 28] No space left on device",
    ),
    ("PIL.UnidentifiedImageError: cannot identify /a/b.png", "PIL.UnidentifiedImageError: cannot identify"),
    ("KeyError: 'epoch'", "KeyError: 'epoch'"),
    (
        "ValueError: shapes (3, 4) and (4, 5), 1,900/s on GPU/CPU, n/a",
        "ValueError: shapes (3, 4) and (4, 5), 1,900/s on GPU/CPU, n/a",
    ),
    ("Imported: 1204 used, 3 skipped", "Imported: 1204 used, 3 skipped"),
    (
        '  File "/home/anna/.venv/lib/python3.11/site-packages/keras/src/models/model.py", line 12, in call',
        '  File "keras/src/models/model.py", line 12, in call',
    ),
    (
        '  File "/opt/x y/vae_desktop/app.py", line 12 in start',
        '  File "vae_desktop/app.py", line 12 in start',
    ),
    (
        r'  File "C:\Users\anna\vae\_internal\training\fit.py", line 1, in train',
        '  File "training/fit.py", line 1, in train',
    ),
    ('  File "/usr/lib/python3.11/threading.py", line 9, in run', '  File "threading.py", line 9, in run'),
    (
        '  File "<frozen importlib._bootstrap>", line 9, in _load',
        '  File "<frozen importlib._bootstrap>", line 9, in _load',
    ),
    (
        "/home/anna/site-packages/keras/src/x.py:12: UserWarning: the input has 3 channels",
        "keras/src/x.py:12: UserWarning: the input has 3 channels",
    ),
    (
        "2026-11-25 I tensorflow/core/util/port.cc:153] oneDNN is on",
        "tensorflow/core/util/port.cc:153] oneDNN is on",
    ),
    ("TensorFlow is ready: CPU, 2 cores.", "TensorFlow is ready: CPU, 2 cores."),
    ("VAE Desktop 1; arguments: Holiday --verbose", "arguments: --verbose"),
    ("libcuda.so.1: cannot open shared object file", "libcuda.so.1: cannot open shared object file"),
]


@pytest.mark.parametrize(("line", "kept"), KEPT)
def test_what_finds_a_fault_is_kept(line, kept):
    assert kept in REDACTOR.line(line)


def test_a_line_that_may_be_the_rest_of_a_name_is_left_out():
    assert REDACTOR.further_line("and the cat") == LEFT_OUT
    assert REDACTOR.further_line("Traceback (most recent call last):").startswith("Traceback")
    assert REDACTOR.further_line("    raise VaeError(text)") == "    raise VaeError(text)"
    assert "anna" not in REDACTOR.further_line("training.errors.VaeError: The folder /home/anna is empty.")


PARTS = st.text(st.characters(blacklist_characters="/\\\n\r\0'\"", min_codepoint=33), min_size=1, max_size=12)


@given(st.lists(PARTS, min_size=1, max_size=5), st.sampled_from(["/", "C:\\", "\\\\host\\", "//host/", "~/"]))
def test_no_part_of_any_path_is_left_whether_in_quotation_marks_or_not(parts, root):
    inside = "\\" if "\\" in root else "/"
    path = root + inside.join(f"Q{part}Q" for part in parts)
    for line in (
        f"cannot open {path}",
        f"cannot open '{path}': no",
        f'File name "{path}" and more',
        f"<{path}>",
    ):
        left = Redactor().line(line)
        assert "Q" not in left, left


def test_many_names_take_no_time_worth_mentioning():
    redactor = Redactor(names=[f"holiday {number} of the cat" for number in range(200_000)])
    assert "holiday" not in redactor.line("lost holiday 77777 of the cat in it")
