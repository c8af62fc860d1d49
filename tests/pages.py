"""What a page shows, asked so that no drawn number can answer by chance."""

import re


def stands(word: str, text: str) -> bool:
    """Whether `word` stands in `text` as a word of its own.

    Card numbers, UUIDs and tokens are drawn anew in each run: four digits are part of one of them now and then
    (积分卡 989999 holds 9999). A PIN or a year that a page gives away stands between other signs than those.
    """
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.ASCII) is not None
