"""What works with any kind of source: visits, finding a site's feed, lists of feeds."""
