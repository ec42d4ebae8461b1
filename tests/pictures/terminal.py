"""A recorded output as an SVG drawing of a terminal; text stays text, no font is loaded."""

from __future__ import annotations

import io
from typing import Final

from rich.console import Console
from rich.text import Text

from tests.pictures.screens import Screen

# rich's own format, without the fonts that it loads from elsewhere.
_FORMAT: Final = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; white-space: pre;
}}
.{unique_id}-title {{ font: bold 18px system-ui, -apple-system, "Segoe UI", sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
_PROMPT: Final = "$ "


def draw(screen: Screen) -> str:
    """The picture of a screen: the command at its prompt, and below it what it printed."""
    console = Console(
        record=True,
        width=screen.columns,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(Text(_PROMPT, style="green") + Text(screen.command, style="bold"))
    for line in screen.shown():
        text = Text.from_ansi(line)
        for begin, style in screen.coloured:
            if text.plain.startswith(begin):
                text.stylize(style)
        console.print(text, highlight=False, no_wrap=True, overflow="ellipsis", crop=True)
    drawn = console.export_svg(title=screen.command, code_format=_FORMAT, unique_id=screen.name)
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"
