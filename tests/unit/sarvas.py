"""The field of a dipole in a spherical conductor, as Sarvas (1987) writes it, point by point.

Phys Med Biol 32:11, equation 25.
"""

import numpy as np

MU_0 = 4e-7 * np.pi


def field(place, moment, point):
    """Magnetic field (3,) in T at a point outside, of a dipole (A m) at a place; origin: middle."""
    a_vector = point - place
    a, r = np.linalg.norm(a_vector), np.linalg.norm(point)
    f = a * (r * a + r**2 - place @ point)
    along = a_vector @ point / a
    gradient = (a**2 / r + along + 2 * a + 2 * r) * point - (a + 2 * r + along) * place
    turned = np.cross(moment, place)
    return MU_0 / (4 * np.pi * f**2) * (f * turned - (turned @ point) * gradient)


def at_coil(place, moment, points, normals, shares):
    """What a coil measures, a weighted sum over points of the field along normals."""
    parts = zip(points, normals, shares, strict=True)
    return sum(share * field(place, moment, point) @ normal for point, normal, share in parts)
