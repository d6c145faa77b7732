rule connectome:
    input:
        source=file_of("connectome") or EXAMPLE,
        code=code("connectome", "files", "units"),
    output:
        connectome="results/connectome.nc",
    log:
        "results/logs/connectome.log",
    benchmark:
        "results/benchmarks/connectome.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        source=SETTINGS["connectome"]["source"],
        orientation=SETTINGS["connectome"]["orientation"],
    script:
        "../scripts/connectome.py"


rule leadfield:
    input:
        connectome="results/connectome.nc",
        source=file_of("leadfield"),
        code=code("connectome", "exact", "files", "leadfield", "units"),
    output:
        leadfield="results/leadfield.nc",
    log:
        "results/logs/leadfield.log",
    benchmark:
        "results/benchmarks/leadfield.tsv"
    priority: 1  # a user's file is checked before anything long starts
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        made=LEADFIELD,
    script:
        "../scripts/leadfield.py"
