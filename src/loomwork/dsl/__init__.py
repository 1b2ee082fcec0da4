"""App files in and out: our own format is Dify's DSL, versions 0.1 to 0.7, plus `x-loomwork` keys."""
