"""Judged collections that are no part of this repository, for the proofs that can use them."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHERE = "../shared beside the checkout, or the folder that SHALE_SHARED names"


def shared(path):
    """The file or folder `path` of the shared data, or None where it is not on this machine."""
    named = os.environ.get("SHALE_SHARED")
    for folder in [pathlib.Path(named)] if named else [ROOT.parent / "shared"]:
        if (folder / path).exists():
            return folder / path
    return None
