"""Fictional businesses and people, with tax ids that pass the check digit."""

from __future__ import annotations

from dataclasses import dataclass

from stdnum.ar import cuit


@dataclass(frozen=True, slots=True)
class Party:
    """A business or person; `tax_id` has eleven digits."""

    name: str
    tax_id: str
    address: str

    @property
    def dashed_tax_id(self) -> str:
        """The tax id as it is printed: 30-12345678-9."""
        return f"{self.tax_id[:2]}-{self.tax_id[2:10]}-{self.tax_id[10]}"


def party(name: str, prefix: int, body: int, address: str) -> Party:
    """Return a party whose tax id ends in the digit that checks the others."""
    digits = f"{prefix:02d}{body:08d}"
    return Party(name=name, tax_id=digits + cuit.calc_check_digit(digits), address=address)


PAPELERIA = party(
    "Papelería El Ñandú Ficticio S.R.L.", 30, 99000001, "Calle Inventada 123, Rosario"
)
ALMACEN = party("ALMACEN LA QUIMERA S.A.", 30, 99000002, "Av. Imaginaria 4567, Cordoba")
ESTUDIO = party("Estudio Contable Utopía S.A.S.", 30, 99000003, "San Nadie 890, Mendoza")
SOFTWARE = party("Molinos de Viento Software S.A.", 33, 99000004, "Av. Quijote 1605, CABA")
CLIENT = party("Distribuidora Macondo S.A.", 30, 99000005, "Av. Siempreviva 742, La Plata")
SENDER = party("Aurelio Ejemplo", 20, 99000006, "Pasaje Ficticio 1, Salta")
RECIPIENT = party("Remedios Muestra", 27, 99000007, "Pasaje Ficticio 2, Salta")
SHOP = party("Ferretería Babel S.R.L.", 30, 99000008, "Biblioteca 1941, Buenos Aires")
