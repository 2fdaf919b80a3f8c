"""How often each major version of a port was read, counted from the commits of those who read it."""

from collections import Counter
from collections.abc import Mapping

from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort


def count_reads(ports: Mapping[PortAddress, OutputPort]) -> dict[PortAddress, Counter[int]]:
    """By port that is read, how many published versions of others were made of each of its majors.

    Commits that say no major are from before two could be served at once; they count for the first.
    """
    counts: dict[PortAddress, Counter[int]] = {}
    for port in ports.values():
        for version in port.history():
            if version.provenance.rolled_back_to is not None:
                continue  # nothing was read for it
            for name in version.provenance.inputs:
                counts.setdefault(PortAddress.parse(name), Counter())[version.provenance.majors.get(name, 1)] += 1
    return counts
