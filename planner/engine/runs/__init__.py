"""The runs tier: relations as columns of codes, joins on sorted or counted indexes."""
