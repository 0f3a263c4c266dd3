"""Pictures made anew from an upload: its pixels alone, not where, when and with what it was taken."""

import asyncio
import warnings
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final, NamedTuple

from PIL import Image, ImageOps

from records.core.errors import ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _

MAX_BYTES: Final = 10 * 1024 * 1024
_MAX_PIXELS: Final = 40_000_000
# Its decoder takes four times the room of the others.
_MAX_PIXELS_OF_WEBP: Final = 20_000_000
_MAX_SIDE: Final = 12_000
# What is kept is no larger: a number plate across a street can be read in it.
_KEPT_SIDE: Final = 4_096
THUMBNAIL_SIDE: Final = 160
"""The sides of the square of a thumbnail, in CSS pixels; it has twice as many of its own."""
_NOT_A_PICTURE: Final = _("Choose a picture: JPEG, PNG or WebP.")
_TOO_LARGE: Final = _("Choose a picture of at most {most} MB.")
_TOO_WIDE: Final = _("This picture has too many pixels.")

# The largest picture takes some 650 MiB while it is made anew, and what is kept 130 MiB for its thumbnail.
_ENCODING: Final = asyncio.Semaphore(1)
_THUMBNAILS: Final = asyncio.Semaphore(2)

# What each kind is called, its ending, and how it is written.
_KINDS: Final[Mapping[str, tuple[str, str, dict[str, Any]]]] = {
    "JPEG": ("image/jpeg", ".jpg", {"quality": 88}),
    "PNG": ("image/png", ".png", {}),
    "WEBP": ("image/webp", ".webp", {"quality": 88}),
}

# Pillow asks this before it reads a single pixel; its warning is as much a "no" as its error.
Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class Picture(NamedTuple):
    """A picture that was made anew, its media type, and the ending of its name."""

    media_type: str
    ending: str
    content: bytes


async def encode(data: bytes) -> Picture:
    """The uploaded picture, made anew. Raises `ValidationFailed` (on `file`)."""
    if len(data) > MAX_BYTES:
        raise ValidationFailed.of("file", _TOO_LARGE, ProblemCode.TOO_LONG, most=MAX_BYTES // 1024**2)
    async with _ENCODING:
        return await asyncio.to_thread(encode_again, data)


async def thumbnail(data: bytes) -> bytes:
    """The middle of a stored picture as a small square JPEG."""
    async with _THUMBNAILS:
        return await asyncio.to_thread(_shrink, data)


def encode_again(data: bytes) -> Picture:
    """The picture written anew, upright, one frame, of pixels only. Raises `ValidationFailed` (on `file`)."""
    try:
        with Image.open(BytesIO(data), formats=list(_KINDS)) as image:
            is_large_webp = image.format == "WEBP" and image.width * image.height > _MAX_PIXELS_OF_WEBP
            if max(image.size) > _MAX_SIDE or is_large_webp:
                raise ValidationFailed.of("file", _TOO_WIDE, ProblemCode.OUT_OF_RANGE)
            # Some phones put several pictures into one JPEG, which Pillow calls MPO: one sees the first.
            kind = "JPEG" if image.format == "MPO" else str(image.format)
            see_through = kind != "JPEG" and (image.mode in {"RGBA", "LA"} or "transparency" in image.info)
            mode = "RGBA" if see_through else "RGB"
            # Colours of a palette cannot be mixed.
            mixable = image.convert(mode) if image.mode == "P" else image
            mixable.thumbnail((_KEPT_SIDE, _KEPT_SIDE))
            upright = ImageOps.exif_transpose(mixable).convert(mode)
    except ValidationFailed:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationFailed.of("file", _TOO_WIDE, ProblemCode.OUT_OF_RANGE) from None
    except Exception:  # noqa: BLE001 - a decoder that stumbles over a forged file raises anything at all
        raise ValidationFailed.of("file", _NOT_A_PICTURE, ProblemCode.MALFORMED) from None
    # A new image: what stood beside the pixels stays behind.
    bare = Image.new(upright.mode, upright.size)
    bare.paste(upright)
    picture = _write(bare, kind)
    # A noisy PNG of few colours is much larger without its palette.
    return picture if len(picture.content) <= MAX_BYTES else _write(bare, "WEBP")


def _write(image: Image.Image, kind: str) -> Picture:
    media_type, ending, options = _KINDS[kind]
    out = BytesIO()
    image.save(out, kind, **options)
    return Picture(media_type, ending, out.getvalue())


def _shrink(data: bytes) -> bytes:
    side = 2 * THUMBNAIL_SIDE
    with Image.open(BytesIO(data), formats=list(_KINDS)) as image:
        # A JPEG can be decoded at a fraction of its size.
        image.draft("RGB", (side, side))
        small = ImageOps.fit(image.convert("RGB"), (side, side))
    out = BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()
