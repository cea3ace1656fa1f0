"""The benchmark: our border beside its peers, under the same load, in the same run."""
