# The two functions that gateway/plan.py calls; the library ships no types of its own.
def geodetic2enu(
    lat: float, lon: float, h: float, lat0: float, lon0: float, h0: float
) -> tuple[float, float, float]: ...
def enu2geodetic(
    e: float, n: float, u: float, lat0: float, lon0: float, h0: float
) -> tuple[float, float, float]: ...
