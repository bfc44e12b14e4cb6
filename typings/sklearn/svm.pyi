from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

class SVC:
    support_vectors_: NDArray[np.float64]
    n_support_: NDArray[np.int32]
    dual_coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]
    def __init__(
        self,
        *,
        C: float = ...,
        gamma: float = ...,
        class_weight: Literal["balanced"] | None = ...,
        cache_size: float = ...,
        random_state: int | None = ...,
        decision_function_shape: Literal["ovo", "ovr"] = ...,
    ) -> None: ...
    def fit(self, X: NDArray[np.float32], y: NDArray[np.intp]) -> Self: ...
    def decision_function(self, X: NDArray[np.float32]) -> NDArray[np.float64]: ...
