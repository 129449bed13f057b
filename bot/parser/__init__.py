"""Text -> a command and its typed arguments; or what is missing; or a refusal in the writer's words.

The grammar: the command's words, then values by position, `key=value` in any order, and (where a command takes it)
free text. Written for telephones: no dashes needed, spaces around `=`, straight or typographic quotes, any case. An
apostrophe is no quote. What is not an option of the command stays in the free text as it was written.

`finding.py` finds the command, `options.py` and `positions.py` take its values out of the text, `values.py` makes them
typed, and `parsing.py` puts it together.
"""

from bot.parser.fields import fields_of
from bot.parser.finding import find_command
from bot.parser.parsing import Call, Missing, parse

__all__ = ["Call", "Missing", "fields_of", "find_command", "parse"]
