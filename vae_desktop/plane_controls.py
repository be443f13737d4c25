"""What keys, mouse and fingers do on the plane, in words, for the list of keys. LatentPlane answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """Something the hand can do.

    Attributes:
        how: the ways to do it, each enough by itself; keys as QKeySequence names them.
        does: what comes of it.
    """

    how: tuple[str, ...]
    does: str


KEYS = (
    Control(("Left", "Right", "Up", "Down"), "Move the handle a little; the picture follows"),
    Control(("Shift+arrow",), "Move it five times as far"),
    Control(("Alt+arrow",), "Move it a fifth as far"),
    Control(("[", "PgUp"), "Choose the handle before this one"),
    Control(("]", "PgDown"), "Choose the next handle"),
    Control(("Del",), "Remove the chosen handle; the last one stays"),
    Control(("+", "="), "Look closer"),
    Control(("-",), "See more of the plane"),
    Control(("0",), "Show the middle of the plane again"),
    Control(("F",), "Bring all your pictures into sight"),
    Control(("Esc",), "Leave a tool, or select no picture"),
)
MOUSE = (
    Control(("Drag a handle",), "Draw the pictures it passes; training waits meanwhile"),
    Control(("Click",), "Put the chosen handle there; a picture there is selected"),
    Control(("Ctrl+click on the ground",), "Add another handle there"),
    Control(("Ctrl+click on a picture",), "Select it, too, or no longer"),
    Control(("Right click",), "Show what else can be done there"),
    Control(("Double click on a picture",), "Put the handle where the picture lies"),
    Control(("Point at a picture",), "See its name and how sure its place is"),
    Control(("Wheel",), "Zoom about the pointer"),
    Control(("Drag the ground",), "Move the plane"),
    Control(("Space+drag", "Drag with middle button"), "Move the plane, wherever a handle lies"),
)
FINGERS = (
    Control(("Touch and drag a handle",), "Draw the pictures it passes"),
    Control(("Tap",), "Put the chosen handle there"),
    Control(("Pinch",), "Zoom, and move the plane with both fingers"),
)
