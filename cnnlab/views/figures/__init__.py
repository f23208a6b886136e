"""Numbers as Plotly figures."""
