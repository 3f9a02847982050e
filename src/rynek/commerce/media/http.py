"""Pictures' operations."""

from rynek.commerce.media import actions, rules
from rynek.commerce.media.ports import configure
from rynek.kernel.operations import process, read, write
from rynek.kernel.sheets import sheet

operations = [
    process("POST /media/pictures", actions.upload, "media.write", raw=True, limit=rules.LARGEST_BODY),
    read("GET /media/pictures", actions.pictures, "media.read"),
    read("GET /media/pictures/{picture}", actions.picture, "media.read"),
    write("PUT /media/pictures/{picture}", actions.describe, "media.write"),
    write("DELETE /media/pictures/{picture}", actions.discard, "media.write"),
    process("GET /media/{picture}", actions.whole, "media.see", rate="read", shown=False),
    process("GET /media/{picture}/{form}", actions.show, "media.see", rate="read", shown=False),
]

sheets = [sheet("pictures", "picture", put="commerce.media.describe", get="commerce.media.pictures")]
setup = [configure]
