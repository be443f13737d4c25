"""Which pictures are held out: kept from the training, so that they show how well it understands new ones."""

import sqlite3

HELD_OUT_SHARE = 0.1
FEWEST_PICTURES = 8  # to learn from


def is_held_out(sha256: str) -> bool:
    """Whether a picture with this content is held out: the same in every project and every import."""
    return int(sha256[:8], 16) < HELD_OUT_SHARE * 2**32


def hold_some_out(index: sqlite3.Connection) -> None:
    """Whatever was added or left out: copies are held out together, and one picture at least is."""
    _hold_out_copies(index)
    _hold_out_at_least_one(index)


def _hold_out_copies(index: sqlite3.Connection) -> None:
    """A picture held out for want of another is not known by its hash; its later copies go with it."""
    index.execute(
        "UPDATE pictures SET held_out = 1 WHERE status = 'used' AND held_out = 0"
        " AND sha256 IN (SELECT sha256 FROM pictures WHERE held_out = 1)"
    )


def _hold_out_at_least_one(index: sqlite3.Connection) -> None:
    """Without a held-out picture nobody sees overfitting; a small set may have none by its hashes."""
    used, contents, held_out = index.execute(
        "SELECT COUNT(*), COUNT(DISTINCT sha256), COALESCE(SUM(held_out), 0)"
        " FROM pictures WHERE status = 'used'"
    ).fetchone()
    if used >= FEWEST_PICTURES and contents > 1 and held_out == 0:
        index.execute(
            "UPDATE pictures SET held_out = 1 WHERE status = 'used' AND sha256 ="
            " (SELECT MIN(sha256) FROM pictures WHERE status = 'used')"
        )
