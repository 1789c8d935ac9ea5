"""Gates: what must hold before an estimate is called an effect."""
