"""What everybody may read: editions as pages, their archive, its feed and the map of the site."""
