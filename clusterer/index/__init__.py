"""The index directory: what is kept on the disk between one run and the next."""

from clusterer.index.directory import IndexDirectory
from clusterer.index.manifest import ModelIdentity

__all__ = ["IndexDirectory", "ModelIdentity"]
