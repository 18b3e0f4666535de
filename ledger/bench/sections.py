"""What can be measured? Of these an option of the command may choose."""

from enum import StrEnum


class Section(StrEnum):
    """What can be asked for on its own, in the order of a run."""

    EMBEDDED = "embedded"
    CORE = "core"
    REBUILDING = "rebuilding"
    LATE = "late"
    POSTGRES = "postgres"
    TILLS = "tills"
    SCALE = "scale"
    KAFKA = "kafka"
    KAFKA_TILLS = "kafka-tills"
    LIBRARIES = "libraries"
