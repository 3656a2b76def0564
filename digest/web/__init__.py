"""The pages: readers' links, health; the only importer of the web framework."""
