"""The delay-coupled Wilson-Cowan network, integrated step by step on plain arrays.

For region i, populations E and I, step dt (Wilson & Cowan 1972, Biophys J 12:1, with diffusive or
additive delayed coupling):

    c_i = sum_j W_ij rE_j(t - d_ij) - L_i rE_i(t)
    tau_E rE' = -rE + (1 - r rE) F_E(wEE rE - wIE rI + c + x_E)
    tau_I rI' = -rI + (1 - r rI) F_I(wEI rE - wII rI + x_I)
    F(u) = sigmoid(a (u - theta)) - sigmoid(-a theta)

with W the weights times the coupling strength and L their row sums (diffusive) or zero (additive).
The integrator is exponential Euler on the diagonal, x <- x + dt phi(dt J) f with J = df/dx, the
coupling c held constant, and phi(z) = (exp(z) - 1) / z. The inputs x_E, x_I are either given or
Ornstein-Uhlenbeck noise, x <- m + (x - m) exp(-dt / tau) + sigma sqrt(dt / tau) z, with z from a
counter-based generator.

How it is fast, and why the bits never depend on machine, piece or batch:

- Every delay of at least 31 (or 7) steps lets the coupling of the next 32 (or 8) steps be summed in
  one go, because nothing it needs is in the future: contiguous multiply-adds over a source's past.
  Far pairs come first, then near ones, then those that are summed step by step, and ascending
  sources in each. So the order of additions is a property of the connectome, not of the piece.
- Eight regions (or steps) are computed at a time, as Vectors: that is written in the types, not
  left to what a compiler sees in a loop. What a Vector does to a lane is what the same function
  does to a single number.
- exp, log, sine and cosine are branch-free polynomials and ratios of them in plain arithmetic:
  the same on every machine, which the C library's are not.
- No fastmath and no fused multiply-add: LLVM may then only reorder what keeps the bits.
- A normal number is a function of (seed, role, replicate, region, population, step) alone.

From the ground up: `vectors`, `elementary` functions on them, `noise`, the `layout` of pairs and
arrays, `cache` of what is compiled, and `network`, whose `advance` is what the rest of the package
calls. Nothing in here reads a switch: a compiled core is current if these files are.
"""
