"""What comes out on paper and in tables, read back by other libraries. Neither application nor database."""
