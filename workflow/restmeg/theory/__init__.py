"""Linear theory: what the network does around its fixed point, without a simulation."""
