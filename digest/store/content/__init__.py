"""What sources brought: articles, pages, pictures, and how the sources are."""
