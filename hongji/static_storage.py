"""Static files in production: every name carries a hash of its content, down to the imports between modules.

A browser keeps such a file for ever. Were only style sheets hashed, it would mix old and new modules after an update.
"""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Written here. What others made is taken as it is, under a hashed name of its own: Django's patterns find "imports" in
# minified scripts, ask for source maps that are not there, and blank icons by rewriting url(#…) inside the pictures of
# a style sheet. The plain names by which such files call each other are served too, and browsers ask again for them.
OURS = ("js/", "look/")


class HashedStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, with modules that import each other under their hashed names."""

    support_js_module_import_aggregation = True
    # One for each step on the longest way from module to module; Django's five are too few for ours.
    max_post_process_passes = 20

    def url_converter(self, name: str, hashed_files: Any, template: str | None = None) -> Any:
        if not name.startswith(OURS):
            return lambda match: match[0]
        return super().url_converter(name, hashed_files, template)
