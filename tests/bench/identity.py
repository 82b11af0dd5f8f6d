"""How near a result is to its photo for a face recogniser that takes no part in the work.

    python -m tests.bench.identity FOLDER     of results, each named PHOTO-STYLE.png after a photo
                                              of examples/

dlib's network (King 2017, 99.4 % on Labeled Faces in the Wild) gives 128 numbers for a face; photos
of one person are nearer than .6, as its author recommends. tests/requirements.txt has it
(dlib-bin, face_recognition_models); nst itself needs neither.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import statistics
from pathlib import Path

import numpy as np
from PIL import Image

from nst.geometry import resized
from nst.portrait.faces import find_faces

__all__ = ["identity_distance"]

EXAMPLES = Path(__file__).parents[2] / "examples"
SIDE = 1024  # px of the longer side in which faces are described
NEAR = 0.5  # stricter than the .6 that tells whether two photos are of one person


def identity_distance(photo: Image.Image, result: Image.Image) -> float | None:
    """The distance of the photo's largest face to what is at its place in the result.

    The place is the photo's, since a result keeps the photo's geometry: so a face that is lost in
    the paint counts with its distance instead of being left out. None if the photo has no face.
    """
    faces = find_faces(photo)
    if not faces:
        return None
    box = faces[0]
    return float(np.linalg.norm(np.subtract(*(
        _described(image.convert("RGB"), (box.left, box.top, box.width, box.height))
        for image in (photo, result)))))


def _described(image: Image.Image, box) -> np.ndarray:
    import dlib

    image = resized(image, SIDE)
    left, top, width, height = np.multiply(box, (*image.size, *image.size))
    place = dlib.rectangle(*(round(v) for v in (left, top, left + width, top + height)))
    pixels = np.asarray(image)
    points, network = _networks()
    return np.array(network.compute_face_descriptor(pixels, points(pixels, place)))


@functools.cache
def _networks():
    """dlib's five points and its descriptor; that package itself needs a module of old Pythons."""
    import dlib

    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pip install -r tests/requirements.txt")
    models = Path(spec.origin).parent / "models"
    return (dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat")),
            dlib.face_recognition_model_v1(
                str(models / "dlib_face_recognition_resnet_model_v1.dat")))


def main() -> None:
    """Prints the distance of every result in a folder to its photo, and what they are together."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    every = []
    for file in sorted(EXAMPLES.glob("*.jpg")):
        photo, distances = Image.open(file), []
        for result in sorted(folder.glob(f"{file.stem}-*.png")):
            distance = identity_distance(photo, Image.open(result))
            if distance is None:
                continue
            distances.append(distance)
            print(f"{result.stem:50} {distance:.3f}", flush=True)
        every += distances
        if distances:
            print(_together(file.stem, distances))
    print(_together("all", every) if every else f"{folder} holds no results of examples/'s photos")


def _together(name: str, distances: list[float]) -> str:
    near = sum(distance < NEAR for distance in distances)
    return (f"{name}: mean {statistics.mean(distances):.3f}, "
            f"{near} of {len(distances)} under {NEAR} ({near / len(distances):.0%})")


if __name__ == "__main__":
    main()
