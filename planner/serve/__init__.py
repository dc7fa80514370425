"""Optional front ends for other programs."""
