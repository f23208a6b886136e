"""The embedded samples: two `.npz` files and the script that cut them. Their reader is `cnnlab.datasets`."""
