"""Small pure functions which admit, change or refuse a call attempt."""
