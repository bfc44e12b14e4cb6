# The two functions that gateway/plan.py calls; the library ships no types of its own.
from typing import overload

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

def geodetic2enu(
    lat: float, lon: float, h: float, lat0: float, lon0: float, h0: float
) -> tuple[float, float, float]: ...
@overload
def enu2geodetic(
    e: float, n: float, u: float, lat0: float, lon0: float, h0: float
) -> tuple[float, float, float]: ...
@overload
def enu2geodetic(
    e: _Array, n: _Array, u: _Array, lat0: float, lon0: float, h0: float
) -> tuple[_Array, _Array, _Array]: ...
