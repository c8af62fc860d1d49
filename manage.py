#!/usr/bin/env python
"""Every command of Hongji starts here: `python manage.py help` lists them."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongji.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("找不到 Django：先运行 make run，或用 .venv/bin/python manage.py …")
    from django.core.exceptions import ImproperlyConfigured

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:
        sys.exit(str(fault))
