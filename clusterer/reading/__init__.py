"""From dumps of any usual kind to articles: streaming, and a bad record costs that record alone."""

from clusterer.reading.options import InputFormat, ReadingOptions, supported_suffixes
from clusterer.reading.read import read_articles
from clusterer.reading.records import articles_from_records
from clusterer.reading.report import BadRecord, ReadingReport, SkippedFile

__all__ = [
    "BadRecord",
    "InputFormat",
    "ReadingOptions",
    "ReadingReport",
    "SkippedFile",
    "articles_from_records",
    "read_articles",
    "supported_suffixes",
]
