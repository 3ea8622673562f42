"""Everything of an installation that is not Asterisk's: service, settings, company, log rotation.

Pure: parameters and what is there in, files out. Nothing here reads a disk or starts anything.
"""

from installer.system.params import COMPANIES, FOLDER, NewCompany, SystemParams
from installer.system.render import (
    ENV_FILE,
    REMEMBERED,
    ROTATION,
    UNIT,
    SystemFile,
    is_setting,
    render_system,
)

__all__ = [
    "COMPANIES",
    "ENV_FILE",
    "FOLDER",
    "REMEMBERED",
    "ROTATION",
    "UNIT",
    "NewCompany",
    "SystemFile",
    "SystemParams",
    "is_setting",
    "render_system",
]
