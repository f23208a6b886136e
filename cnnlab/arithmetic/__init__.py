"""What a network becomes on paper: shapes, parameters, multiply-adds, explanations and limits."""

from cnnlab.arithmetic.network import layer_rows

__all__ = ["layer_rows"]
