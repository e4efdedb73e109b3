"""Pictures for the demonstration, drawn by the program: posters, scenes and plans, the same for the same words."""

import hashlib
import io
import random
import textwrap
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from webapp.demo.texts.shapes import FileKind

Colour = tuple[int, int, int]

PALETTES: tuple[tuple[Colour, ...], ...] = (
    ((246, 239, 226), (30, 77, 67), (217, 154, 60), (190, 86, 60), (126, 160, 148)),
    ((250, 243, 232), (52, 62, 99), (222, 128, 82), (240, 192, 96), (142, 160, 190)),
    ((243, 244, 232), (66, 92, 58), (230, 170, 72), (176, 74, 74), (160, 184, 126)),
    ((249, 240, 236), (98, 50, 68), (224, 140, 104), (88, 128, 140), (208, 176, 160)),
)
POSTER, SCENE = (1000, 1414), (1400, 933)


FONTS = ("Inter-SemiBold.otf", "DejaVuSans-Bold.ttf", "DejaVuSans.ttf", "LiberationSans-Bold.ttf")


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font of the system that has accents; Pillow's own, which has few, where there is none."""
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def draw(kind: FileKind, title: str, caption: str) -> bytes:
    """A PNG; title: the action's name, caption: what the picture is said to be."""
    seed = int.from_bytes(hashlib.sha256(f"{kind}{title}{caption}".encode()).digest()[:8])
    chance = random.Random(seed)  # noqa: S311 (a drawing, not a secret)
    colours = chance.choice(PALETTES)
    if kind is FileKind.POSTER:
        picture = _poster(title, colours, chance)
    else:
        picture = _scene(colours, chance) if kind is FileKind.DRAWING else _plan(colours, chance)
    out = io.BytesIO()
    picture.quantize(32).save(out, "PNG", optimize=True)
    return out.getvalue()


def _poster(title: str, colours: tuple[Colour, ...], chance: random.Random) -> Image.Image:
    paper, ink, *bright = colours
    picture = Image.new("RGB", POSTER, paper)
    pen = ImageDraw.Draw(picture)
    width, height = POSTER
    _hills(pen, width, height, height * 0.62, bright, chance)
    pen.ellipse((width * 0.62, 470, width * 0.62 + 240, 710), fill=bright[0])
    _people(pen, width, height - 170, ink, bright, chance)
    pen.rectangle((0, 0, width, 26), fill=ink)
    large = _font(74)
    for line, text in enumerate(textwrap.wrap(title, 22)[:4]):
        pen.text((70, 90 + line * 92), text, fill=ink, font=large)
    pen.text(
        (70, height - 92),
        "Entrée libre – renseignements à l’accueil du centre",
        fill=ink,
        font=_font(30),
    )
    return picture


def _scene(colours: tuple[Colour, ...], chance: random.Random) -> Image.Image:
    paper, ink, *bright = colours
    picture = Image.new("RGB", SCENE, paper)
    pen = ImageDraw.Draw(picture)
    width, height = SCENE
    pen.rectangle((0, height * 0.68, width, height), fill=bright[2])
    for window in range(3):
        left = 140 + window * 420
        pen.rectangle((left, 120, left + 260, 420), fill=bright[0], outline=ink, width=8)
        pen.line((left + 130, 120, left + 130, 420), fill=ink, width=6)
    pen.rounded_rectangle((180, height * 0.72, width - 180, height * 0.8), 18, fill=bright[1])
    _people(pen, width, height - 120, ink, bright, chance)
    return picture


def _plan(colours: tuple[Colour, ...], chance: random.Random) -> Image.Image:
    paper, ink, *bright = colours
    picture = Image.new("RGB", SCENE, paper)
    pen = ImageDraw.Draw(picture)
    width, height = SCENE
    stops = [(120 + at * 230, chance.randrange(200, height - 200)) for at in range(6)]
    pen.line(
        [(0, chance.randrange(100, height - 100)), (width, chance.randrange(100, height - 100))],
        fill=bright[2],
        width=60,
    )
    pen.line(stops, fill=bright[1], width=16, joint="curve")
    font = _font(36)
    for number, (x, y) in enumerate(stops, 1):
        pen.ellipse((x - 36, y - 36, x + 36, y + 36), fill=paper, outline=ink, width=8)
        pen.text((x, y), str(number), fill=ink, font=font, anchor="mm")
    return picture


def _hills(
    pen: ImageDraw.ImageDraw, width: int, height: int, base: float, colours: list[Colour], chance: random.Random
) -> None:
    for layer, colour in enumerate(reversed(colours)):
        top = base + layer * 70
        points = [(x, top + chance.uniform(-60, 60)) for x in range(-100, width + 201, 150)]
        pen.polygon([(-100, height), *points, (width + 100, height)], fill=colour)


def _people(
    pen: ImageDraw.ImageDraw, width: int, ground: float, ink: Colour, colours: list[Colour], chance: random.Random
) -> None:
    count = chance.randrange(4, 8)
    for at in range(count):
        x = width * (at + 0.7) / (count + 0.4) + chance.uniform(-18, 18)
        tall = chance.uniform(170, 270)
        pen.rounded_rectangle((x - 44, ground - tall + 70, x + 44, ground), 40, fill=chance.choice(colours))
        pen.ellipse((x - 36, ground - tall, x + 36, ground - tall + 72), fill=ink)
