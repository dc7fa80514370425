"""How guides fare on tasks not trained on."""
