"""What a network becomes on paper: shapes, parameters, multiply-adds, explanations and limits."""
