"""What keys, mouse and fingers do on the plane, in words, for the list of keys. LatentPlane answers."""

from dataclasses import dataclass

from training.language import mark


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
    Control(("Left", "Right", "Up", "Down"), mark("Move the handle a little; the picture follows")),
    Control((mark("Shift+arrow"),), mark("Move it five times as far")),
    Control((mark("Alt+arrow"),), mark("Move it a fifth as far")),
    Control(("[", "PgUp"), mark("Choose the handle before this one")),
    Control(("]", "PgDown"), mark("Choose the next handle")),
    Control(("Del",), mark("Remove the chosen handle; the last one stays")),
    Control(("+", "="), mark("Look closer")),
    Control(("-",), mark("See more of the plane")),
    Control(("0",), mark("Show the middle of the plane again")),
    Control(("F",), mark("Bring all your pictures into sight")),
    Control(("Esc",), mark("Leave a tool, or select no picture")),
)
MOUSE = (
    Control((mark("Drag a handle"),), mark("Draw the pictures it passes; training waits meanwhile")),
    Control((mark("Click"),), mark("Put the chosen handle there; a picture there is selected")),
    Control((mark("Ctrl+click on the ground"),), mark("Add another handle there")),
    Control((mark("Ctrl+click on a picture"),), mark("Select it, too, or no longer")),
    Control((mark("Right click"),), mark("Show what else can be done there")),
    Control((mark("Double click on a picture"),), mark("Put the handle where the picture lies")),
    Control((mark("Point at a picture"),), mark("See its name and how sure its place is")),
    Control((mark("Shift+click on a picture"),), mark("Put the handle where it may lie as well, by chance")),
    Control((mark("Drop a picture"),), mark("See where the model puts it; it stays a guest")),
    Control((mark("Drag with the lasso"),), mark("Select what it goes around; Shift adds, Alt takes out")),
    Control((mark("Click with the path tool"),), mark("Add a stop; drag one to move it, Delete removes it")),
    Control((mark("Wheel"),), mark("Zoom about the pointer")),
    Control((mark("Drag the ground"),), mark("Move the plane")),
    Control(
        (mark("Space+drag"), mark("Drag with middle button")), mark("Move the plane, wherever a handle lies")
    ),
)
FINGERS = (
    Control((mark("Touch and drag a handle"),), mark("Draw the pictures it passes")),
    Control((mark("Tap"),), mark("Put the chosen handle there")),
    Control((mark("Pinch"),), mark("Zoom, and move the plane with both fingers")),
)
