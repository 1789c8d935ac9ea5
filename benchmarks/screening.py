"""How fast screening is, beside decoding the same Parquet: a table and one line of JSON.

    python benchmarks/screening.py [--rows 5000000] [--processes 2] [--share 0.02] [--repeats 3] [--no-spelling]

Figures are CPU-seconds of all processes; ratios are within this run, `ratio` of CPU-seconds and `wall_ratio` of wall
seconds. `decode` reads every column of the file with pyarrow, one thread: the median of three times before and three
times after the rest; `wall_ratio_threads` has pyarrow use all cores. The kernel and the join are the engine's whole
way: start, compile, read, match, as-of join, hits written to Parquet. `misspellings` is what the second pass adds. Peak
is the largest sum of proportional set sizes of all processes. Of several repeats, each figure is the median.

Another process that Python starts reads this script again: what is measured has a module of its own.
"""

if __name__ == "__main__":
    from screened import main

    main()
