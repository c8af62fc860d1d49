"""Backup and restore: the database by its own safe means, media, and a manifest that says what must come back.

One encrypted file, sealed with a key derived from FIELD_KEYS: keys never lie in a backup, and must be kept apart.
"""

from core.backup.making import BackupFailed, make_backup, sweep_backups
from core.backup.restoring import restore_backup, verify_backup

__all__ = ["BackupFailed", "make_backup", "restore_backup", "sweep_backups", "verify_backup"]
