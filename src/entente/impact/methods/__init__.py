"""Ways to estimate an effect. Each takes a `Problem` and gives an `Estimate`; none of them judges (see `gates`)."""
