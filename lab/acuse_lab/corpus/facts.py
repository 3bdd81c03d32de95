"""What one made-up document says; every business, person, number and amount is invented."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from acuse_lab.documents.accounts import Account, account, clearing_code
from acuse_lab.documents.parties import Party, party
from acuse_lab.documents.sample import ItemSpec, total_of

_FIRST: Final = (
    "Distribuidora", "Almacén", "Ferretería", "Librería", "Panadería", "Farmacia", "Corralón",
    "Autoservicio", "Rotisería", "Heladería", "Óptica", "Tintorería", "Vinoteca", "Zapatería",
    "Papelera", "Mueblería", "Veterinaria", "Lubricentro", "Gráfica", "Bazar",
)  # fmt: skip
_NAMES: Final = (
    "El Ceibo", "La Añoranza", "Los Ñires", "Don Ramón", "San Telmo", "La Cumbre", "Güemes",
    "Tres Álamos", "El Pingüino", "Río Cálido", "Ayacucho", "Las Piñas", "Belgrano Sur",
    "El Zorzal", "Doña Petrona", "Cerro Pelado", "La Esquina", "Quebracho", "Mate Amargo",
    "Yaguareté",
)  # fmt: skip
_LEGAL: Final = ("S.R.L.", "S.A.", "S.A.S.", "S.H.", "S.C.A.")
_GIVEN: Final = (
    "María Belén", "Juan Ignacio", "Sofía", "Tomás", "Lucía Inés", "Nicolás", "Agustina", "Martín",
    "Florencia", "Germán", "Noelia", "Ramón", "Julieta", "Iván", "Rocío", "Sebastián",
)  # fmt: skip
_FAMILY: Final = (
    "Núñez", "Gómez", "Ibáñez", "Peralta", "Muñoz", "Acuña", "Ferreyra", "Quiroga", "Zárate",
    "Ledesma", "Ordóñez", "Páez", "Villalba", "Domínguez", "Sosa", "Britez",
)  # fmt: skip
_STREETS: Final = (
    "Av. Rivadavia", "San Martín", "Mitre", "Belgrano", "Av. Colón", "Sarmiento", "Urquiza",
    "9 de Julio", "Av. Pellegrini", "Moreno", "Las Heras", "Chacabuco",
)  # fmt: skip
_TOWNS: Final = (
    "Rosario", "Córdoba", "Mendoza", "Salta", "La Plata", "Neuquén", "Paraná", "Tandil", "CABA",
    "Bahía Blanca", "Posadas", "San Juan",
)  # fmt: skip
_GOODS: Final = (
    "Yerba mate 1 kg", "Azúcar 1 kg", "Aceite girasol 900 ml", "Fideos tirabuzón", "Café molido",
    "Leche entera 1 l", "Pan lactal", "Queso cremoso kg", "Dulce de leche", "Galletitas surtidas",
    "Lámpara LED 9 W", "Cinta aisladora", "Tornillos 6x1", "Pintura látex 4 l", "Pincel N° 15",
    "Resma A4 75 g", "Cuaderno tapa dura", "Bolígrafo azul", "Tóner negro", "Carpeta oficio",
    "Ibuprofeno 400 mg", "Alcohol en gel", "Jabón tocador", "Shampoo 400 ml", "Pañales x 36",
    "Servicio de flete", "Mano de obra", "Aceite 15W40 4 l", "Filtro de aire", "Agua mineral 2 l",
)  # fmt: skip
_FIRST_DAY: Final = date(2025, 1, 2)
_DAYS: Final = 690


@dataclass(frozen=True, slots=True)
class Facts:
    """What a document says, whatever it looks like; amounts are in pesos, VAT of 21 % included."""

    issuer: Party
    client: Party
    issued_on: date
    time: str
    number: tuple[int, int]
    items: tuple[ItemSpec, ...]
    cae: str
    operation: str
    account: Account
    sender_account: Account
    coelsa_id: str

    @property
    def total(self) -> Decimal:
        """The sum of the items."""
        return total_of(self.items)

    @property
    def net(self) -> Decimal:
        """What is left of the total without its VAT."""
        return (self.total / Decimal("1.21")).quantize(Decimal("0.01"))

    @property
    def cae_expires_on(self) -> date:
        """The day the CAE ends: ten days after the document's."""
        return self.issued_on + timedelta(days=10)

    @property
    def spare(self) -> random.Random:
        """Chance for what is not drawn from the document's own, the same at each call."""
        return random.Random(f"{self.cae}/{self.operation}")  # noqa: S311 - drawings

    @property
    def printed_number(self) -> str:
        """Point of sale and serial: 00003-00012345."""
        return f"{self.number[0]:05d}-{self.number[1]:08d}"


def business(chance: random.Random) -> Party:
    """Return a made-up business."""
    name = f"{chance.choice(_FIRST)} {chance.choice(_NAMES)}"
    if chance.choice((True, True, True, False)):
        name += f" {chance.choice(_LEGAL)}"
    return party(
        name, chance.choice((30, 30, 33)), chance.randrange(50_000_000, 79_999_999), address(chance)
    )


def person(chance: random.Random) -> Party:
    """Return a made-up person."""
    name = f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}"
    return party(
        name, chance.choice((20, 27, 23)), chance.randrange(11_000_000, 44_999_999), address(chance)
    )


def address(chance: random.Random) -> str:
    """Return a made-up address."""
    return f"{chance.choice(_STREETS)} {chance.randrange(100, 5900)}, {chance.choice(_TOWNS)}"


def facts(chance: random.Random, *, most: int = 7) -> Facts:
    """Return what a document says, with at most so many items."""
    goods: Sequence[str] = chance.sample(_GOODS, chance.randint(1, most))
    issuer = business(chance)
    client = business(chance) if chance.choice((True, False)) else person(chance)
    issued_on = _FIRST_DAY + timedelta(days=chance.randrange(_DAYS))
    time = f"{chance.randrange(8, 22):02d}:{chance.randrange(60):02d}"
    number = (chance.randrange(1, 40), chance.randrange(1, 99_999))
    items = tuple(_item(chance, name) for name in goods)
    cae = f"7{chance.randrange(10**13):013d}"
    operation = f"{chance.randrange(10**9, 10**11)}"
    # Accounts came later: one number makes them all, so that what follows is drawn as before.
    accounts = random.Random(chance.randrange(10**21, 10**22))  # noqa: S311 - drawings
    return Facts(
        issuer=issuer,
        client=client,
        issued_on=issued_on,
        time=time,
        number=number,
        items=items,
        cae=cae,
        operation=operation,
        account=account(accounts),
        sender_account=account(accounts),
        coelsa_id=clearing_code(accounts),
    )


def _item(chance: random.Random, name: str) -> ItemSpec:
    cents = chance.choice((0, 0, 0, 50, 90, 99, chance.randrange(100)))
    price = Decimal(int(10 ** chance.uniform(2.6, 4.9))) + Decimal(cents) / 100
    return ItemSpec(name, chance.choice((1, 1, 1, 2, 3, 4, 6)), price)
