"""Speed, memory and quality beside plain HDBSCAN: see `make bench`."""
